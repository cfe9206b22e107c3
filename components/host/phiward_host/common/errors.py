"""The ways to stop that an operator reads about; every other exception is a fault of the program."""


class Failed(Exception):
    """Something was tried and did not work. The message is one sentence for the operator, without any tool's output."""


class Refused(Failed):
    """The request cannot be carried out as it stands. The message is one sentence for the operator, as of Failed."""


class Damaged(Failed):
    """A file that phiward wrote does not hold what it wrote, as after a failure of the disk. The message names it."""

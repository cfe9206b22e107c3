"""The programs of integrity: what can make code run or open the host, held against what put it there."""

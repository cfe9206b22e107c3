readonly TMOUT=600
export TMOUT
umask 027

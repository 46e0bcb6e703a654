#!/bin/sh
# As /usr/local/sbin/vereda: the command as the services run it, so that it sees their settings and leaves
# no file that they cannot write. Files that it is given need their whole path.
set -eu
set -a
. /etc/vereda/vereda.env
set +a
umask 027
cd /var/lib/vereda
exec runuser -u vereda -g vereda -G vereda-inbox -- /opt/vereda/current/bin/vereda "$@"

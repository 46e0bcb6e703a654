#!/bin/bash
# boot_debian.sh ROOT: systemd as the first process of a machine of its own, with the Debian in ROOT as its
# disk: own processes, own network without a way out, own host name. It ends with this process.
set -e
groups=/sys/fs/cgroup
[ ! -d "$groups/unified" ] || groups=$groups/unified
mkdir -p "$groups/vereda-$$"
echo $$ > "$groups/vereda-$$/cgroup.procs"
exec unshare --pid --mount --uts --ipc --net --cgroup --fork --kill-child bash -c '
set -e
root=$1
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for name in null zero full random urandom tty; do
  mknod -m 666 "$root/dev/$name" c $(stat -c "0x%t 0x%T" "/dev/$name")
done
ln -s /proc/self/fd "$root/dev/fd"
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
mount -t tmpfs tmpfs "$root/dev/shm"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
hostname vereda
cd "$root"
pivot_root . mnt
umount -l /mnt
exec env -i container=lxc PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --show-status=false
' boot "$1"

# Becomes systemd in a root of its own. Runs as the init of new pid, mount, cgroup, IPC and host name
# namespaces in a node's network namespace.
#
# $1: an empty folder for the root  $2: what is to be in it  $3: the daemon's binary
set -eu

# Mounts of the machine must not be kept busy here, and none from here be seen there.
mount --make-rslave /
mount -t tmpfs -o mode=755 root "$1"
cp -r "$2/." "$1"
cd "$1"
mkdir -p dev etc extra/bin old proc root run sys tmp usr var/log var/tmp
chmod 1777 tmp var/tmp
ln -s ../run var/run
for file in passwd group nsswitch.conf ld.so.cache; do
    if [ -e "/etc/$file" ]; then cp "/etc/$file" etc; fi
done
# An empty one would have systemd think of a first boot.
echo 76727270000000000000000000000000 > etc/machine-id

# Programs are those of the machine, and ours where it would be installed.
: > extra/bin/vrrp
mount -t overlay -o "lowerdir=extra:/usr" usr usr
mount --bind "$3" usr/bin/vrrp
mount -o remount,bind,ro usr/bin/vrrp
for folder in bin sbin lib lib32 lib64; do
    if [ -L "/$folder" ]; then cp -P "/$folder" .; fi
done

mount -t proc proc proc
# Of the kernel's settings only those of the network belong to this namespace.
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount --bind proc/sys/net proc/sys/net
mount -o remount,bind,rw proc/sys/net
mount -t sysfs sys sys
mount -t cgroup2 cgroup sys/fs/cgroup
mount -t bpf bpf sys/fs/bpf
mount -o remount,bind,ro sys
mount -t tmpfs -o mode=755 run run
mount -t tmpfs -o mode=755 dev dev
for device in null zero full random urandom tty; do
    : > "dev/$device"
    mount --bind "/dev/$device" "dev/$device"
done
# The unit's PrivateDevices= wants it.
ln -s pts/ptmx dev/ptmx

pivot_root . old
umount -l old
rmdir old
cd /
# Only our units, and none that others' generators make of the machine.
exec setpriv --bounding-set -sys_time,-sys_module,-sys_rawio -- \
    env -i container=vrrp-lab PATH=/usr/sbin:/usr/bin SYSTEMD_UNIT_PATH=/etc/systemd/system \
    SYSTEMD_GENERATOR_PATH=/dev/null /usr/lib/systemd/systemd --system

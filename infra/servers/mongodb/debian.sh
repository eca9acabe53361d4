#!/bin/sh
# Makes a folder that holds Debian's unstable suite with PostgreSQL 18 and DocumentDB, which older suites lack.
# Needs root and debootstrap. Changes nothing outside the folder. Arguments: FOLDER MIRROR
set -eu
folder=$1
mirror=$2

# A run that was broken off may have left what debootstrap mounts.
umount "$folder/proc" "$folder/sys" 2>/dev/null || true
rm -rf --one-file-system "$folder"
debootstrap --variant=minbase sid "$folder" "$mirror"

inside() { chroot "$folder" env LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }

# Packages start no service and make no database of their own in there.
printf '#!/bin/sh\nexit 101\n' >"$folder/usr/sbin/policy-rc.d"
chmod +x "$folder/usr/sbin/policy-rc.d"
mkdir -p "$folder/etc/postgresql-common"
echo 'create_main_cluster = false' >"$folder/etc/postgresql-common/createcluster.conf"
# It fails without /proc, which not every container lets us mount. What it would make, we do not need.
inside dpkg-divert --local --rename --add /usr/bin/systemd-tmpfiles
ln -s true "$folder/usr/bin/systemd-tmpfiles"

# A mirror may be a snapshot; its signature is checked all the same.
inside apt-get update --quiet --option Acquire::Check-Valid-Until=false
inside apt-get install --quiet --yes --no-install-recommends postgresql-18-documentdb
inside apt-get clean
rm -rf "$folder"/var/lib/apt/lists/* "$folder"/usr/share/doc "$folder"/usr/share/man "$folder"/usr/share/locale
mkdir "$folder/data"
inside chown postgres /data

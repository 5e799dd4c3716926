#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Builds the kernel that has BPF_F_ENFORCE_STATELESS and BPF_F_ALLOW_DUMP where the cache
# lacks it, and prints its file. With -n it prints the file alone. It needs Debian; as root it installs what it
# needs. 16 minutes of CPU.
set -euo pipefail
cd "$(dirname "$0")"
here=$PWD
cache=${XDG_CACHE_HOME:-$HOME/.cache}/statecheck
need=(bc bison dwarves flex gcc libelf-dev libssl-dev linux-source-6.12 make openssl patch qemu-system-x86 xz-utils)

if [ "${1-}" != -n ] && ! dpkg -s "${need[@]}" >/dev/null 2>&1; then
	sudo=
	[ "$(id -u)" = 0 ] || sudo=sudo
	{
		$sudo apt-get update -qq
		$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${need[@]}"
	} >&2
fi

# The name says all that the kernel is made from.
version=$(dpkg-query -W -f '${Version}' linux-source-6.12)
image=$cache/guest-$(cat 000*.patch config build.sh - <<<"$version" | cksum | cut -d ' ' -f 1)/bzImage
echo "$image"
if [ "${1-}" = -n ] || [ -e "$image" ]; then
	exit
fi

exec >&2
mkdir -p "$cache"
tmp=$(mktemp -d "$cache/build.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
echo "building $image"
tar -xf /usr/src/linux-source-6.12.tar.xz -C "$tmp" --strip-components=1
cd "$tmp"
for patch in "$here"/000*.patch; do
	patch -s -p1 <"$patch"
done
make -s tinyconfig
scripts/kconfig/merge_config.sh -m .config "$here/config" >/dev/null
make -s olddefconfig
while read -r option; do # one that depends on something else is dropped silently
	grep -qx "$option" .config || { echo "the kernel's configuration lacks $option" >&2; exit 1; }
done < <(grep '=y$' "$here/config")
nice make -s -j"$(nproc)" bzImage
mkdir -p "$(dirname "$image")"
mv arch/x86/boot/bzImage "$image" # within the cache: whole or not at all, whoever else builds it

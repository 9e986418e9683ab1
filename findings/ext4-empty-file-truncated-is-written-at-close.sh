#!/usr/bin/env bash
# ext4, Linux 6: a file that was truncated while it was empty is written to the disk when it is closed.
#
# ext4 starts writing what replaces a truncated file as soon as that is closed (auto_da_alloc, on by default), so that a
# program which rewrites its settings in place loses less. It does so for a file that was empty before, too: whoever opens
# a new, empty scratch file once more with O_TRUNC, or sets its length to 0, has all of it written, although it is removed
# a moment later. fdatasync(2) of other programs waits for that: 4 ms became 50 beside a copy of 46 MB.
# The kernel's documentation tells of replacing by truncating, not of files that were empty.
#
# Seen with Linux 6.18 and ext4 mounted with its defaults. Needs python3, and a folder on ext4 (TMPDIR). Fails if that
# changes.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
uname -sr
test "$(stat -f -c %T "$work")" = ext2/ext3 || { echo "TMPDIR is not on ext4: nothing to see here"; exit 2; }
python3 - "$work" <<'PYTHON'
import array, fcntl, os, struct, sys, time

CONTENT = b"x" * (16 << 20)

def blocks_after_close(name, flags):
    """How many bytes are placed soon after a file that was empty was written and closed."""
    path = os.path.join(sys.argv[1], name)
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    file = os.open(path, os.O_WRONLY | flags)
    os.write(file, CONTENT)
    os.close(file)
    time.sleep(0.5)
    placed = bytes_placed(path)
    os.unlink(path)
    return placed

def bytes_placed(path):
    """Bytes for which ext4 has chosen a place: it does when they are about to be written (FIEMAP says so)."""
    FS_IOC_FIEMAP, DELAYED = 0xC020660B, 0x4
    head = struct.pack("=QQLLLL", 0, 2**63, 0, 0, 64, 0)
    buffer = array.array("B", head + bytes(64 * 56))
    with open(path, "rb") as file:
        fcntl.ioctl(file, FS_IOC_FIEMAP, buffer)
    count = struct.unpack_from("=L", buffer, 20)[0]
    placed = 0
    for at in range(count):
        length, flags = struct.unpack_from("=16xQ16xL", buffer, 32 + at * 56)
        placed += 0 if flags & DELAYED else length
    return placed

plain, truncated = blocks_after_close("plain", 0), blocks_after_close("truncated", os.O_TRUNC)
print(f"opened again as it is:   {plain} of {len(CONTENT)} bytes have a place on the disk after close")
print(f"opened again, truncated: {truncated} of {len(CONTENT)} bytes")
assert plain == 0 and truncated == len(CONTENT)
PYTHON

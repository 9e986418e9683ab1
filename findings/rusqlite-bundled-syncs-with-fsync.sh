#!/usr/bin/env bash
# libsqlite3-sys 0.38.2 (rusqlite 0.40.2, feature "bundled"): commits are synced with fsync(2), not fdatasync(2).
#
# SQLite asks for fdatasync where its build says HAVE_FDATASYNC; its own configure script finds that out, and
# distributions' libraries have it. The build script of the crate defines HAVE_USLEEP, HAVE_ISNAN and HAVE_LOCALTIME_R but
# not this. The journal is written over and over in place, and fsync then also commits its changed times: on ext4 that
# waits for whatever other programs put into the file system's own journal.
# LIBSQLITE3_FLAGS="-DHAVE_FDATASYNC=1" at build time brings fdatasync back.
#
# Seen with libsqlite3-sys 0.38.2, rusqlite 0.40.2, Linux. Needs cargo, crates.io, a C compiler and strace. Fails if that
# changes.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
mkdir "$work/src"
cat >"$work/Cargo.toml" <<'TOML'
[package]
name = "syncs"
version = "0.0.0"
edition = "2024"
publish = false

[dependencies]
rusqlite = { version = "=0.40.2", features = ["bundled"] }
libsqlite3-sys = "=0.38.2"
TOML
cat >"$work/src/main.rs" <<'RUST'
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let database = rusqlite::Connection::open(path).unwrap();
    database.pragma_update(None, "journal_mode", "WAL").unwrap();
    database.pragma_update(None, "synchronous", "FULL").unwrap();
    database.execute_batch("CREATE TABLE t (n)").unwrap();
    for n in 0..20 {
        database.execute("INSERT INTO t VALUES (?1)", [n]).unwrap();
    }
}
RUST
cd "$work"
syncs() {
    cargo build --quiet
    rm -f ./*.db*
    strace -f -qq -e trace=fsync,fdatasync -o trace target/debug/syncs t.db
    echo "$1: $(grep -c 'fsync(' trace || true) times fsync, $(grep -c 'fdatasync(' trace || true) times fdatasync"
}
syncs "as bundled"
test "$(grep -c ' fsync(' trace)" -ge 20
test "$(grep -c ' fdatasync(' trace || true)" -eq 0
export LIBSQLITE3_FLAGS="-DHAVE_FDATASYNC=1"
syncs "with LIBSQLITE3_FLAGS=$LIBSQLITE3_FLAGS"
test "$(grep -c ' fdatasync(' trace)" -ge 20

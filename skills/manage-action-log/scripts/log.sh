#!/usr/bin/env bash
# add KIND TEXT | list [N] | find TEXT
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/mandate.sh"

notes="$(dirname "$CONFIG")/notes.sqlite"
quoted() { printf "'%s'" "${1//\'/\'\'}"; }
case "${1:-list}" in
  add)
    [ $# -eq 3 ] || die "usage: log.sh add KIND TEXT"
    sqlite3 "$notes" "insert into notes (kind, text) values ($(quoted "$2"), $(quoted "$3")); select last_insert_rowid();"
    ;;
  list)
    [[ "${2:-20}" =~ ^[0-9]{1,4}$ ]] || die "usage: log.sh list [N]"
    sqlite3 -readonly "$notes" "select json_object('id', id, 'at', at, 'kind', kind, 'text', text) from notes order by id desc limit ${2:-20}"
    ;;
  find)
    [ $# -eq 2 ] || die "usage: log.sh find TEXT"
    sqlite3 -readonly "$notes" "select json_object('id', id, 'at', at, 'kind', kind, 'text', text) from notes where instr(text, $(quoted "$2")) > 0 order by id desc limit 50"
    ;;
  *) die "usage: log.sh add KIND TEXT | list [N] | find TEXT" ;;
esac

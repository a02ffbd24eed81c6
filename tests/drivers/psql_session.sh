#!/bin/sh
# A session of psql against the URL given, and a query that Control-C cancels. Prints what it saw,
# without process ids and times.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
url=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

export PGOPTIONS=
psql -X -f "$here/psql_session.sql" "$url" > session.tmp 2>&1 || {
    cat session.tmp
    exit 1
}
sed -E 's/server process with PID [0-9]+/server process/; s/^(psql:).*(psql_session\.sql:)/\1\2/; s/^(lo_[a-z]+) [0-9]+/\1/' session.tmp

# The application's name tells the sleeping session from others.
name="psql cancel $$"
PGAPPNAME=$name psql -X -c 'SELECT pg_sleep(60)' "$url" > cancelled.tmp 2>&1 &
sleeping=$!
active="SELECT 1 FROM pg_stat_activity WHERE application_name = '$name' AND state = 'active' AND query = 'SELECT pg_sleep(60)'"
seen=
looks=0
while [ -z "$seen" ] && [ "$looks" -lt 1000 ]; do
    seen=$(psql -XAt -c "$active" "$url")
    looks=$((looks + 1))
done
kill -INT "$sleeping"
wait "$sleeping" || true
cat cancelled.tmp
echo done

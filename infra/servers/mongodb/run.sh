#!/bin/bash
# The stand-in for MongoDB, in the foreground: FerretDB speaks MongoDB's protocol and keeps everything in PostgreSQL.
# Runs inside the folder that debian.sh made, as its user postgres. Arguments: FERRETDB DATA PORT [OPTION...]
set -euo pipefail
ferretdb=$1
data=$2
port=$3
shift 3
PATH=/usr/lib/postgresql/18/bin:$PATH
umask 077
mkdir -p "$data/ferretdb"

if [ ! -d "$data/postgres" ]; then
  rm -rf "$data/postgres.new"
  initdb --pgdata "$data/postgres.new" --auth trust --encoding UTF8 --locale C.UTF-8 >/dev/null
  mv "$data/postgres.new" "$data/postgres"
fi

settings=(
  # Only a socket that nobody else may open: no password is needed, no port is taken.
  -c listen_addresses=
  -c unix_socket_directories="$data"
  -c documentdb.localhost_connection_string="host=$data"
  -c shared_preload_libraries=pg_cron,pg_documentdb_core,pg_documentdb
  -c cron.use_background_workers=on
  -c documentdb.enableUserCrud=on
  -c max_connections=200
  # Inserts that meet on a unique key may deadlock: who loses is told soon and tries again.
  -c deadlock_timeout=20ms
)

# So that they end in good order.
trap 'trap "" TERM; kill $(jobs -p) 2>/dev/null; wait' EXIT
trap 'exit 0' TERM INT

# After a kill the operating system may need a moment to let go of the old one's memory.
for _ in 1 2 3 4 5 6 7 8 9 10; do
  postgres -D "$data/postgres" "${settings[@]}" &
  postgres=$!
  while kill -0 $postgres 2>/dev/null; do
    psql --quiet --host "$data" --dbname postgres --command 'CREATE EXTENSION IF NOT EXISTS documentdb CASCADE' && break 2
    sleep 0.2
  done
  wait $postgres || sleep 0.5
done

"$ferretdb" --postgresql-url "postgres:///postgres?host=$data&user=postgres" --listen-addr "127.0.0.1:$port" \
  --state-dir "$data/ferretdb" --debug-addr - --telemetry disable --log-level warn "$@" &
wait -n

#!/bin/sh
# Runs qingxin. A worker that stopped because most of what is fed is bad (status 65) stays down here: Docker would start
# it again for ever, and each start buries more of the topic. Prometheus (ProcessDown) and the health check tell of it.
[ "$1" = worker ] || exec qingxin "$@"

qingxin "$@" &
worker=$!
asked=""
trap 'asked=yes; kill -TERM "$worker"' TERM INT
wait "$worker"
status=$?
if [ -n "$asked" ]; then # the signal ended the first wait, not the worker
    wait "$worker"
    status=$?
fi
[ "$status" -eq 65 ] || exit "$status"

trap 'kill "$!" 2>/dev/null; exit 65' TERM INT
echo "qingxin $*: what is fed is broken; it stays down until this container is started again" >&2
while :; do
    sleep 3600 &
    wait "$!"
done

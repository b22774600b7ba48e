#!/bin/sh
# Runs qingxin. A worker that stopped because most of what is fed is bad (status 65) stays down here: Docker would start
# it again for ever, and each start buries more of the topic. Prometheus (ProcessDown) and the health check tell of it.
[ "$1" = worker ] || exec qingxin "$@"

worker="" asked=""
trap 'asked=yes; [ -z "$worker" ] || kill -TERM "$worker" 2>/dev/null' TERM INT
qingxin "$@" &
worker=$!
[ -z "$asked" ] || kill -TERM "$worker"
while :; do # a signal ends the wait, not the worker
    wait "$worker"
    status=$?
    kill -0 "$worker" 2>/dev/null || break
done
[ "$status" -eq 65 ] && [ -z "$asked" ] || exit "$status"

exec python3 -c 'import signal, sys
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda *_: sys.exit(65))
print(sys.argv[1], file=sys.stderr, flush=True)
while True:
    signal.pause()' "qingxin $*: what is fed is broken; it stays down until this container is started again"

#!/bin/sh
# `gorod` for root: as the user of the service, with its settings.
set -ae
. /etc/gorod/environment
cd "$GOROD_DATA_DIR"
exec runuser -u gorod -- /opt/gorod/.venv/bin/gorod "$@"

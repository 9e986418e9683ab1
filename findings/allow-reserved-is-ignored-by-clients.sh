#!/usr/bin/env bash
# openapi-python-client 0.29.1, openapi-typescript 7.13.0 with openapi-fetch 0.17.0: `allowReserved: true` changes nothing.
#
# OpenAPI 3.0.3 (Parameter Object): with it, RFC 3986's reserved characters of a query's value are sent as they are. The
# clients that both make from a document with it send them percent-encoded, without a warning when they are made: what
# openapi-typescript writes does not mention it, so openapi-fetch cannot know (its own option of that name is for the one
# who calls). A server that splits a list at its commas before it decodes, as deployed ones do, gets one value instead of two.
#
# Needs Python 3, Node.js, PyPI and npm. Shows what is sent for `a,b`; fails if that changes.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >document.json <<'JSON'
{
  "openapi": "3.0.3",
  "info": { "title": "Things", "version": "1" },
  "paths": {
    "/things": {
      "get": {
        "operationId": "list_things",
        "parameters": [{ "name": "ids", "in": "query", "allowReserved": true, "schema": { "type": "string" } }],
        "responses": {
          "200": { "description": "All", "content": { "application/json": { "schema": { "type": "string" } } } }
        }
      }
    }
  }
}
JSON

python3 -m venv tools
tools/bin/pip install -q --disable-pip-version-check openapi-python-client==0.29.1 httpx==0.28.1
PATH="$work/tools/bin:$PATH" openapi-python-client generate --path document.json --meta none \
    --output-path generated --fail-on-warning
PYTHONPATH="$work" tools/bin/python - <<'PYTHON' | tee python.seen
import httpx
from generated.api.default import list_things
from generated.client import Client

def answer(request):
    print(request.url.raw_path.decode())
    return httpx.Response(200, json="")

client = Client(base_url="http://localhost")
client.set_httpx_client(httpx.Client(base_url="http://localhost", transport=httpx.MockTransport(answer)))
list_things.sync_detailed(client=client, ids="a,b")
PYTHON

npm init -y >/dev/null
npm install --silent --no-audit --no-fund openapi-typescript@7.13.0 openapi-fetch@0.17.0 typescript@5.9.3
npx openapi-typescript document.json -o generated.ts >/dev/null
! grep -qi reserved generated.ts
cat >ask.mjs <<'JS'
import createClient from "openapi-fetch";
const fetch = async (request) => {
  console.log(new URL(request.url).pathname + new URL(request.url).search);
  return new Response('""', { headers: { "content-type": "application/json" } });
};
await createClient({ baseUrl: "http://localhost", fetch }).GET("/things", { params: { query: { ids: "a,b" } } });
JS
node ask.mjs | tee node.seen

[ "$(cat python.seen)" = "/things?ids=a%2Cb" ]
[ "$(cat node.seen)" = "/things?ids=a%2Cb" ]

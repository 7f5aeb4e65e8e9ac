#!/usr/bin/env bash
# A program asks a token service and bounds each request by `timeout`; the service answers 503 with
# `Retry-After`. The guess: without a list of statuses nobody asks again, since `max_retries` is for
# connections (so the documents of requests), and `timeout` bounds the wait.
# Seen (Retry-After: 3): requests 2.34.2 without an adapter gives the 503 at once. With
# `HTTPAdapter(max_retries=3)` and with urllib3 2.8.0 alone, where nobody asked for retries, a GET
# sleeps for the 3 seconds in spite of `timeout=1` and asks again; 429 likewise, 502 and a POST not.
# What helps: `Retry(…, respect_retry_after_header=False)`, or a bound on what one sleeps.
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check requests==2.34.2 urllib3==2.8.0 2>pip.log || { cat pip.log; exit 1; }
cat >try.py <<'PY'
import http.server, threading, time
import requests, urllib3

asked = []


class Service(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        asked.append(time.monotonic())
        status = int(self.path[1:]) if len(asked) == 1 else 200
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(status)
        if status != 200:
            self.send_header("Retry-After", "3")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_GET

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
session = requests.Session()
session.mount("http://", requests.adapters.HTTPAdapter(max_retries=3))
clients = {
    "requests": lambda verb, url: requests.request(verb, url, timeout=1).status_code,
    "requests, max_retries=3": lambda verb, url: session.request(verb, url, timeout=1).status_code,
    "urllib3": lambda verb, url: urllib3.request(verb, url, timeout=1).status,
}
for name, ask in clients.items():
    for verb, status in ("GET", 503), ("GET", 429), ("GET", 502), ("POST", 503):
        asked.clear()
        got = ask(verb, f"{url}/{status}")
        slept = len(asked) > 1 and asked[1] - asked[0] >= 2.9
        print(f"{name}: {verb}, {status}: got {got} after {len(asked)}{', slept for 3 s' * slept}")
PY
venv/bin/python try.py | tee seen
diff seen - <<'END'
requests: GET, 503: got 503 after 1
requests: GET, 429: got 429 after 1
requests: GET, 502: got 502 after 1
requests: POST, 503: got 503 after 1
requests, max_retries=3: GET, 503: got 200 after 2, slept for 3 s
requests, max_retries=3: GET, 429: got 200 after 2, slept for 3 s
requests, max_retries=3: GET, 502: got 502 after 1
requests, max_retries=3: POST, 503: got 503 after 1
urllib3: GET, 503: got 200 after 2, slept for 3 s
urllib3: GET, 429: got 200 after 2, slept for 3 s
urllib3: GET, 502: got 502 after 1
urllib3: POST, 503: got 503 after 1
END

"""POSTs in rounds: all connections ask at once, then all are quiet for about as long as they may idle.

usage: posts.py CERTIFICATE ROUNDS CONNECTIONS IDLE NAME=SCHEME:PORT...

Half of the requests are refused before their bodies are looked at, half after. The service answers all of them: what
else a client gets comes from a proxy that lost its connection to the service. All clients invent an address that they
come from, which nobody is to believe, and before all else one sends more than the service takes.
"""

import http.client
import json
import random
import socket
import ssl
import sys
import threading
import time
from collections import Counter

PATIENCE = 60
READY = 30

ASKED = [
    ("/v1/auth", {"username": "nobody", "password": "none"}, (401, "Invalid username or password!")),
    ("/v1/children", {"username": "nobody", "padding": "x" * 3000}, (401, "UNAUTHORIZED")),
]

# An address of the machine itself that is none of --trusted-proxies, and one that is nobody's (RFC 5737).
OWN, INVENTED = "127.0.0.2", "192.0.2.66"
TOO_LONG = 1_500_000


class Connection(http.client.HTTPSConnection):
    """To a port of this machine, by the name in README."""

    def __init__(self, scheme, port):
        super().__init__("school.example", port, timeout=PATIENCE)
        self.over_tls = scheme == "https"

    def connect(self):
        self.sock = socket.create_connection(("127.0.0.1", self.port), PATIENCE, (OWN, 0))
        if self.over_tls:
            self.sock = TLS.wrap_socket(self.sock, server_hostname=self.host)


def post(connection, path, body):
    # Head and body go out one after the other, as most clients send them.
    headers = {"Content-Type": "application/json", "X-Forwarded-For": INVENTED}
    connection.request("POST", path, json.dumps(body), headers)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status >= 500:
        return answer.status, text[:60].decode(errors="replace")
    return answer.status, json.loads(text)["message"]


def client(number, where, moments, outcomes):
    connection = Connection(*where)
    for round_number, moment in enumerate(moments):
        time.sleep(max(0, moment - time.monotonic()))
        path, body, expected = ASKED[(number + round_number) % len(ASKED)]
        try:
            outcome = post(connection, path, body)
        except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
            outcome = type(error).__name__, str(error)
            connection.close()
        outcomes.append("answered" if outcome == expected else f"lost: {outcome}")


def until_ready(where):
    begun = time.monotonic()
    while True:
        try:
            connection = Connection(*where)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except (OSError, http.client.HTTPException):
            pass
        if time.monotonic() - begun > READY:
            sys.exit(f"nothing answers at {where}")
        time.sleep(0.1)


def too_long(where):
    """The service's own words about a body that is too long: no limit of the proxy's comes before."""
    connection = Connection(*where)
    connection.request("POST", "/v1/auth", "x" * TOO_LONG, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    if answer.status != 413 or json.loads(answer.read())["code"] != 413:
        sys.exit(f"a body that is too long is answered {answer.status} at {where}")


def main():
    rounds, connections, idle = int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    proxies = [argument.rsplit("=", 1) for argument in sys.argv[5:]]
    proxies = [(name, (scheme, int(port))) for name, (scheme, port) in ((n, w.split(":")) for n, w in proxies)]
    outcomes = {name: [] for name, _ in proxies}
    threads = []
    for _, where in proxies:
        until_ready(where)
        too_long(where)
    for place, (name, where) in enumerate(proxies):
        # One after the other, so that they do not wait for each other.
        moment = time.monotonic() + 1 + idle * place / len(proxies)
        moments = []
        for _ in range(rounds):
            moments.append(moment)
            moment += idle * random.uniform(0.75, 0.95)
        for number in range(connections):
            arguments = (number, where, moments, outcomes[name])
            threads.append(threading.Thread(target=client, args=arguments))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lost = 0
    for name, all_of_them in outcomes.items():
        counts = Counter(all_of_them)
        lost += len(all_of_them) - counts["answered"]
        print(f"{name}: {len(all_of_them)} POSTs, {dict(counts)}")
    sys.exit(f"{lost} POSTs were lost" if lost else 0)


TLS = ssl.create_default_context(cafile=sys.argv[1])
main()

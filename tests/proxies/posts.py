"""POSTs in rounds: all connections ask at once, then all are quiet for about as long as they may idle.

usage: posts.py ROUNDS CONNECTIONS IDLE NAME=PORT...

Half of the requests are refused before their bodies are looked at, half after. The service answers all of them: what
else a client gets comes from a proxy that lost its connection to the service.
"""

import http.client
import json
import random
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


def post(connection, path, body):
    # Head and body go out one after the other, as most clients send them.
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read()
    if answer.status >= 500:
        return answer.status, text[:60].decode(errors="replace")
    return answer.status, json.loads(text)["message"]


def client(number, port, moments, outcomes):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    for round_number, moment in enumerate(moments):
        time.sleep(max(0, moment - time.monotonic()))
        path, body, expected = ASKED[(number + round_number) % len(ASKED)]
        try:
            outcome = post(connection, path, body)
        except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
            outcome = type(error).__name__, str(error)
            connection.close()
        outcomes.append("answered" if outcome == expected else f"lost: {outcome}")


def until_ready(port):
    begun = time.monotonic()
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except (OSError, http.client.HTTPException):
            pass
        if time.monotonic() - begun > READY:
            sys.exit(f"nothing answers on port {port}")
        time.sleep(0.1)


def main():
    rounds, connections, idle = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    proxies = [argument.rsplit("=", 1) for argument in sys.argv[4:]]
    outcomes = {name: [] for name, _ in proxies}
    threads = []
    for _, port in proxies:
        until_ready(int(port))
    for place, (name, port) in enumerate(proxies):
        # One after the other, so that they do not wait for each other.
        moment = time.monotonic() + 1 + idle * place / len(proxies)
        moments = []
        for _ in range(rounds):
            moments.append(moment)
            moment += idle * random.uniform(0.75, 0.95)
        for number in range(connections):
            arguments = (number, int(port), moments, outcomes[name])
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


main()

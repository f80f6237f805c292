"""A runtime by hand, which does what its event says: `{"do": ..., ...}`. Needs nothing but Python."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time

BASE = "/2018-06-01/runtime/"
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])


def say(method, path, body=None, headers={}):
    api.request(method, BASE + path, body, headers)
    answer = api.getresponse()
    return answer, answer.read()


def friend():
    """A connection to the test: it knows that this process and its children are gone when it ends."""
    connection = socket.create_connection(("127.0.0.1", int(os.environ["FRIEND"])))
    connection.set_inheritable(True)
    return connection


def bye(*_):
    watcher.sendall(b"bye")
    sys.exit(0)


watcher = friend() if "FRIEND" in os.environ else None
if watcher:
    signal.signal(signal.SIGTERM, bye)

start = os.environ.get("START")
if start == "exit":
    sys.exit(7)
if start == "error":
    say("POST", "init/error", '{"errorType":"Own","errorMessage":"no"}', {"Lambda-Runtime-Function-Error-Type": "Own"})
    sys.exit(1)
if start == "hang":
    time.sleep(1000)

count = 0
while True:
    call, event = say("GET", "invocation/next")
    identity = call.getheader("Lambda-Runtime-Aws-Request-Id")
    event = json.loads(event)
    count += 1
    what = event.get("do")
    answer = {"pid": os.getpid(), "count": count, "event": event}
    headers = {"Content-Type": "application/json"}
    if what == "exit":
        sys.exit(event["status"])
    elif what == "kill":
        os.kill(os.getpid(), event["signal"])
    elif what == "hang":
        time.sleep(1000)
    elif what == "tell":
        answer = {"environment": dict(os.environ), "headers": dict(call.getheaders()), "directory": os.getcwd()}
    elif what == "print":
        print(event["text"], flush=True)
        print("to stderr", file=sys.stderr, flush=True)
    elif what == "wait":
        waiting = friend()
        waiting.sendall(b"!")
        waiting.recv(1)
    elif what == "child":
        subprocess.Popen(["sleep", "1000"], close_fds=False)
    elif what == "twice":
        answer["again"] = say("GET", "invocation/next")[0].status
        answer["foreign"] = say("POST", "invocation/not-mine/response", "{}")[0].status
        answer["nowhere"] = say("POST", "nothing", "{}")[0].status
    elif what == "fail":
        say("POST", f"invocation/{identity}/error", '{"errorType":"Own","errorMessage":"failed"}')
        continue
    elif what == "break":
        # Promises more than it gives.
        api.putrequest("POST", f"{BASE}invocation/{identity}/response")
        api.putheader("Content-Length", "1000")
        api.endheaders(b"{")
        sys.exit(3)
    elif what == "answer":
        given, _ = say("POST", f"invocation/{identity}/response", event["text"] * event.get("times", 1))
        last = given.status
        continue
    elif what == "last":
        answer = last
    elif what == "then exit":
        say("POST", f"invocation/{identity}/response", json.dumps(answer))
        sys.exit(0)
    elif what == "stream":
        waiting = friend() if event.get("waits") else None
        api.putrequest("POST", f"{BASE}invocation/{identity}/response")
        api.putheader("Lambda-Runtime-Function-Response-Mode", "streaming")
        api.putheader("Transfer-Encoding", "chunked")
        api.putheader("Trailer", "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body")
        api.endheaders()
        for part in event["parts"]:
            part = part.encode()
            api.send(b"%x\r\n%s\r\n" % (len(part), part))
            if waiting:
                waiting.recv(1)
        trailers = b"Lambda-Runtime-Function-Error-Type: Own\r\nLambda-Runtime-Function-Error-Body: eyJhIjoxfQ==\r\n"
        api.send(b"0\r\n" + (trailers if event.get("fails") else b"") + b"\r\n")
        api.getresponse().read()
        continue
    say("POST", f"invocation/{identity}/response", json.dumps(answer), headers)

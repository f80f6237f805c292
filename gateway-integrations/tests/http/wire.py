"""Odd but legal requests by Python's http.client, and by requests where it is installed: a line for each."""

import http.client
import sys

address = sys.argv[1]


def say(name, found, expected):
    print(f"ok {name}" if found == expected else f"WRONG {name}: {found!r}, not {expected!r}")


def call(method, path, body=None, headers=(), chunked=False):
    connection = http.client.HTTPConnection(address, timeout=20)
    connection.putrequest(method, path)
    for name, value in headers:
        connection.putheader(name, value)
    if chunked:
        connection.putheader("Transfer-Encoding", "chunked")
    elif body is not None:
        connection.putheader("Content-Length", str(sum(map(len, body))))
    connection.endheaders(body, encode_chunked=chunked) if body is not None else connection.endheaders()
    answer = connection.getresponse()
    return answer, answer.read().decode()


answer, text = call("GET", "/any/a%2Fb?x=&y", headers=[("X-Own", "1"), ("X-Own", "2")])
say("duplicate headers", (answer.status, text.split("\n")[2:4]), (200, ["x-own: 1", "x-own: 2"]))
say("two cookies", answer.headers.get_all("set-cookie"), ["a=1", "b=2"])
answer, text = call("HEAD", "/any/x")
say("HEAD", (answer.status, text, int(answer.headers["content-length"]) > 0), (200, "", True))
answer, text = call("OPTIONS", "/only")
say("OPTIONS without a route", (answer.status, text), (404, '{"message":"Not Found"}'))
answer, text = call("POST", "/any/x", [b"ab", b"c"], chunked=True)
say("chunked", (answer.status, text.endswith("\n\nabc|0")), (200, True))
answer, text = call("POST", "/any/x", [b"abc"], headers=[("Expect", "100-continue")])
say("expect", (answer.status, text.endswith("\n\nabc|0"), "expect" in text), (200, True, False))
answer, text = call("GET", "/any/x", [b"abc"])
say("GET with a body", (answer.status, text.endswith("\n\nabc|0")), (200, True))

try:
    import requests
except ImportError:
    print("NOT RUN: there is no requests for this Python")
else:
    session = requests.Session()
    base = f"http://{address}"
    answer = session.get(f"{base}/any/x", params=[("a", ""), ("a", "b c")], cookies={"k": "v"})
    say("requests: query and cookie", answer.text.split("\n")[:2], ["GET /any/x?a=&a=b+c", "cookie: k=v"])
    answer = session.post(f"{base}/any/x", data=(part for part in [b"ab", b"c"]))
    say("requests: a streamed body", (answer.status_code, answer.text.endswith("abc|0")), (200, True))
    say("requests: HEAD", session.head(f"{base}/only").status_code, 404)

"""Signs requests with botocore, sends them as they are and changed, and prints `name status` for each."""

import sys
import urllib.error
import urllib.request

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

base, key, secret, token = sys.argv[1:5]


def send(method, url, body, headers):
    # The length is that of the body that is sent.
    headers = {name: value for name, value in headers.items() if name.lower() != "content-length"}
    request = urllib.request.Request(url, data=body, method=method, headers=headers)
    try:
        return urllib.request.urlopen(request, timeout=20).status
    except urllib.error.HTTPError as error:
        return error.code


def case(name, method, target, body=None, headers=None, session=None, query=False):
    credentials = Credentials(key, secret, session)
    request = AWSRequest(method=method, url=base + target, data=body, headers=headers or {})
    signer = SigV4QueryAuth if query else SigV4Auth
    arguments = {"expires": 60} if query else {}
    signer(credentials, "execute-api", "us-east-1", **arguments).add_auth(request)
    request = request.prepare()
    changed_url = request.url.replace("/pets/", "/pets/x", 1)
    print(name, send(method, request.url, body, request.headers))
    print(name, "with another path", send(method, changed_url, body, request.headers))
    print(name, "with another body", send(method, request.url, (body or b"") + b"x", request.headers))


case("get", "GET", "/prod/pets/7")
case("query", "GET", "/prod/pets/7?b=2&a=x%20y&a=1&empty=&c=%C3%A9%2F%2B")
case("path", "GET", "/prod/pets/a%20b%40c%3Dd")
case("post", "POST", "/prod/pets/7", '{"name":"Zoë"}'.encode(), {"Content-Type": "application/json", "X-Custom": " a   b "})
case("session", "POST", "/prod/pets/7", b"{}", {"Content-Type": "application/json"}, token)
case("presigned", "GET", "/prod/pets/7?a=1&b=x%20y", query=True)
case("presigned-session", "GET", "/prod/pets/7", session=token, query=True)

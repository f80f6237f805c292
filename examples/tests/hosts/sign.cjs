// Signs requests with the JavaScript SDK's signer, sends them as they are and changed, and prints `name status` for each.
const http = require("node:http");
const { Sha256 } = require("@aws-crypto/sha256-js");
const { SignatureV4 } = require("@smithy/signature-v4");

const [base, accessKeyId, secretAccessKey, sessionToken] = process.argv.slice(2);
const { hostname, port } = new URL(base);
const escape = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (it) => "%" + it.charCodeAt(0).toString(16).toUpperCase());
const written = (query) =>
  Object.entries(query ?? {}).flatMap(([name, values]) => [values].flat().map((value) => `${escape(name)}=${escape(value)}`)).join("&");

const send = (request, body) =>
  new Promise((resolve, reject) => {
    const query = written(request.query);
    const path = request.path + (query ? `?${query}` : "");
    const { host, ...headers } = request.headers;
    const length = body ? { "content-length": Buffer.byteLength(body) } : {};
    const call = http.request({ hostname, port, method: request.method, path, headers: { ...headers, ...length } }, (answer) => {
      answer.resume().on("end", () => resolve(answer.statusCode));
    });
    call.on("error", reject).end(body);
  });

const run = async (name, { session, presigned, ...parts }) => {
  const credentials = { accessKeyId, secretAccessKey, ...(session ? { sessionToken } : {}) };
  const signer = new SignatureV4({ service: "execute-api", region: "us-east-1", credentials, sha256: Sha256 });
  const plain = { protocol: "http:", hostname, port: Number(port), ...parts, headers: { host: `${hostname}:${port}`, ...parts.headers } };
  const request = await (presigned ? signer.presign(plain, { expiresIn: 60 }) : signer.sign(plain));
  console.log(name, await send(request, parts.body));
  const other = { ...request, path: request.path.replace("/pets/", "/pets/x") };
  console.log(name, "with another path", await send(other, parts.body));
  console.log(name, "with another body", await send(request, (parts.body ?? "") + "x"));
};

(async () => {
  await run("get", { method: "GET", path: "/prod/pets/7" });
  await run("query", { method: "GET", path: "/prod/pets/7", query: { b: "2", a: ["x y", "1"], empty: "", c: "é/+" } });
  await run("path", { method: "GET", path: "/prod/pets/a%20b%40c%3Dd" });
  const json = { "content-type": "application/json", "x-custom": " a   b " };
  await run("post", { method: "POST", path: "/prod/pets/7", headers: json, body: '{"name":"Zoë"}' });
  await run("session", { method: "POST", path: "/prod/pets/7", headers: json, body: "{}", session: true });
  await run("presigned", { method: "GET", path: "/prod/pets/7", query: { a: "1", b: "x y" }, presigned: true });
  await run("presigned-session", { method: "GET", path: "/prod/pets/7", session: true, presigned: true });
})();

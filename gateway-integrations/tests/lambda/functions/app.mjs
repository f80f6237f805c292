import { createRequire } from "node:module";

let calls = 0;

export const handler = async (event, context) => {
  calls += 1;
  console.log("called", JSON.stringify(event));
  return {
    event,
    calls,
    left: context.getRemainingTimeInMillis(),
    name: context.functionName,
    arn: context.invokedFunctionArn,
    request: context.awsRequestId,
  };
};

export const callback = (event, context, done) => {
  context.callbackWaitsForEmptyEventLoop = false;
  setImmediate(() => done(null, { said: event.say }));
};

export const failing = async (event) => {
  throw new RangeError(`no ${event.what}`);
};

export const rejecting = (event, context, done) => done(new TypeError("called back"));

export const leaving = async () => process.exit(4);

export const layered = async () => createRequire(import.meta.url)("shared").greeting;

export const streaming = awslambda.streamifyResponse(async (event, stream) => {
  stream = awslambda.HttpResponseStream.from(stream, { statusCode: 201, headers: { "x-own": "yes" }, cookies: ["a=1"] });
  stream.write("one ");
  stream.write("two");
  stream.end();
  await stream.finished();
});

const { DynamoDBClient } = require("@aws-sdk/client-dynamodb");
const { DynamoDBDocumentClient, GetCommand } = require("@aws-sdk/lib-dynamodb");

const users = DynamoDBDocumentClient.from(new DynamoDBClient());

exports.handler = async (event) => {
  const UserId = event.queryStringParameters?.id;
  if (!UserId) return { statusCode: 400, body: JSON.stringify({ message: "id is missing" }) };
  const { Item } = await users.send(new GetCommand({ TableName: "Users", Key: { UserId } }));
  if (!Item) return { statusCode: 404, body: JSON.stringify({ message: "no such user" }) };
  return { statusCode: 200, headers: { "Content-Type": "application/json" }, body: JSON.stringify(Item) };
};

import json

import boto3

users = boto3.resource("dynamodb").Table("Users")


def lambda_handler(event, context):
    user = (event.get("queryStringParameters") or {}).get("id")
    if not user:
        return {"statusCode": 400, "body": json.dumps({"message": "id is missing"})}
    item = users.get_item(Key={"UserId": user}).get("Item")
    if item is None:
        return {"statusCode": 404, "body": json.dumps({"message": "no such user"})}
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(item, default=str),
    }

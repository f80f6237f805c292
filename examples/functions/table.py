"""Creates the table `Users`, with one user in it."""

import boto3

table = boto3.resource("dynamodb").create_table(
    TableName="Users",
    KeySchema=[{"AttributeName": "UserId", "KeyType": "HASH"}],
    AttributeDefinitions=[{"AttributeName": "UserId", "AttributeType": "S"}],
    BillingMode="PAY_PER_REQUEST",
)
table.put_item(Item={"UserId": "123", "Name": "Ada", "Pets": 2})

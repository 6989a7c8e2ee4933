// What the five functions share: the table and the shape of an answer. The SDK is part of the Node.js runtime.
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";

export const TableName = process.env.TABLE;
export const table = DynamoDBDocumentClient.from(new DynamoDBClient());

export function answer(statusCode, body) {
  return { statusCode, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

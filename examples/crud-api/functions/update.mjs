import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { answer, table, TableName } from "./table.mjs";

export async function handler(event) {
  const { id } = event.pathParameters;
  const { text = "" } = JSON.parse(event.body ?? "{}");
  const { Attributes } = await table.send(
    new UpdateCommand({
      TableName,
      Key: { id },
      UpdateExpression: "SET #text = :text",
      ExpressionAttributeNames: { "#text": "text" },
      ExpressionAttributeValues: { ":text": text },
      ReturnValues: "ALL_NEW",
    }),
  );
  return answer(200, Attributes);
}

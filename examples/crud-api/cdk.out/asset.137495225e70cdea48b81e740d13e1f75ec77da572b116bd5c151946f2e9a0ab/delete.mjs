import { DeleteCommand } from "@aws-sdk/lib-dynamodb";
import { answer, table, TableName } from "./table.mjs";

export async function handler(event) {
  const { id } = event.pathParameters;
  await table.send(new DeleteCommand({ TableName, Key: { id } }));
  return answer(200, { id });
}

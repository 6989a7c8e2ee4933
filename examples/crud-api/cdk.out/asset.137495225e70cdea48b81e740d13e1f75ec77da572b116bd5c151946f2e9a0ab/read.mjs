import { GetCommand } from "@aws-sdk/lib-dynamodb";
import { answer, table, TableName } from "./table.mjs";

export async function handler(event) {
  const { id } = event.pathParameters;
  const { Item } = await table.send(new GetCommand({ TableName, Key: { id } }));
  return Item ? answer(200, Item) : answer(404, { message: `no note ${id}` });
}

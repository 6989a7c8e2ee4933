import { randomUUID } from "node:crypto";
import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { answer, table, TableName } from "./table.mjs";

export async function handler(event) {
  const { text = "" } = JSON.parse(event.body ?? "{}");
  const note = { id: randomUUID(), text };
  await table.send(new PutCommand({ TableName, Item: note }));
  return answer(201, note);
}

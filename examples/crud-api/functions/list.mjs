import { ScanCommand } from "@aws-sdk/lib-dynamodb";
import { answer, table, TableName } from "./table.mjs";

export async function handler() {
  const { Items = [] } = await table.send(new ScanCommand({ TableName, Limit: 100 }));
  return answer(200, Items);
}

// A notes API: one DynamoDB table, one function for each operation, one HTTP API in front of them.
import { Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import { CorsHttpMethod, HttpApi, HttpMethod } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { AttributeType, BillingMode, Table } from "aws-cdk-lib/aws-dynamodb";
import { Code, Function, Runtime } from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";

const OPERATIONS = [
  { name: "Create", method: HttpMethod.POST, path: "/notes", rights: ["dynamodb:PutItem"] },
  { name: "List", method: HttpMethod.GET, path: "/notes", rights: ["dynamodb:Scan"] },
  { name: "Read", method: HttpMethod.GET, path: "/notes/{id}", rights: ["dynamodb:GetItem"] },
  { name: "Update", method: HttpMethod.PUT, path: "/notes/{id}", rights: ["dynamodb:UpdateItem"] },
  { name: "Delete", method: HttpMethod.DELETE, path: "/notes/{id}", rights: ["dynamodb:DeleteItem"] },
];

export class CrudApi extends Stack {
  constructor(scope, id, props) {
    super(scope, id, props);

    const table = new Table(this, "Notes", {
      partitionKey: { name: "id", type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
    });
    const api = new HttpApi(this, "Api", {
      corsPreflight: { allowMethods: [CorsHttpMethod.ANY], allowOrigins: ["https://notes.example.com"] },
    });

    for (const { name, method, path, rights } of OPERATIONS) {
      const handler = new Function(this, name, {
        runtime: Runtime.NODEJS_22_X,
        code: Code.fromAsset("functions"),
        handler: `${name.toLowerCase()}.handler`,
        timeout: Duration.seconds(10),
        environment: { TABLE: table.tableName },
        logGroup: new LogGroup(this, `${name}Logs`, {
          retention: RetentionDays.ONE_WEEK,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      });
      table.grant(handler, ...rights);
      api.addRoutes({ path, methods: [method], integration: new HttpLambdaIntegration(`${name}Call`, handler) });
    }
  }
}

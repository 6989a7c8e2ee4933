// No account and no region: the same template deploys anywhere.
import { App } from "aws-cdk-lib";
import { CrudApi } from "./crud-api.mjs";

new CrudApi(new App(), "CrudApi");

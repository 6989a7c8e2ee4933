// The account and the region are named, so the template says exactly where everything is.
// The zone is named too: nothing has to be looked up in an account to synthesize.
import { App, Stack } from "aws-cdk-lib";
import { DomainName, HttpApi, HttpMethod, MappingValue, ParameterMapping } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpUrlIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { Certificate, CertificateValidation } from "aws-cdk-lib/aws-certificatemanager";
import { ARecord, HostedZone, RecordTarget } from "aws-cdk-lib/aws-route53";
import { ApiGatewayv2DomainProperties } from "aws-cdk-lib/aws-route53-targets";

const domainName = "notes.example.com";

const stack = new Stack(new App(), "CustomDomain", { env: { account: "111122223333", region: "eu-west-1" } });
const zone = HostedZone.fromHostedZoneAttributes(stack, "Zone", {
  hostedZoneId: "Z0000000EXAMPLE",
  zoneName: "example.com",
});
const certificate = new Certificate(stack, "Certificate", {
  domainName,
  validation: CertificateValidation.fromDns(zone),
});
const domain = new DomainName(stack, "Domain", { domainName, certificate });
const api = new HttpApi(stack, "Api", { defaultDomainMapping: { domainName: domain } });

api.addRoutes({
  path: "/status",
  methods: [HttpMethod.GET],
  integration: new HttpUrlIntegration("Status", "https://status.example.com/", {
    parameterMapping: new ParameterMapping().appendHeader("source", MappingValue.custom(domainName)),
  }),
});
new ARecord(stack, "Alias", {
  zone,
  recordName: "notes",
  target: RecordTarget.fromAlias(
    new ApiGatewayv2DomainProperties(domain.regionalDomainName, domain.regionalHostedZoneId),
  ),
});

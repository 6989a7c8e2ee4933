//! The codes of what is wrong with templates and assemblies, of gaps, and of what to know about service roles.

use stackpass_ground::codes;

codes! {
    /// Problems of templates and assemblies.
    pub DIAGNOSTICS {
        /// A condition depends on itself.
        CIRCULAR_CONDITION = "circular-condition";
        /// Resources depend on one another in a circle.
        CIRCULAR_DEPENDENCY = "circular-dependency";
        /// The artifacts of an assembly depend on one another in a circle.
        DEPENDENCY_CYCLE = "dependency-cycle";
        /// A section of a template has two entries of one name.
        DUPLICATE_ENTRY = "duplicate-entry";
        /// A stack of an assembly has no resources and is not deployed.
        EMPTY_STACK = "empty-stack";
        /// An asset in an asset manifest lacks what it has to have.
        INVALID_ASSET = "invalid-asset";
        /// An attribute of a resource has a value that it cannot have.
        INVALID_ATTRIBUTE = "invalid-attribute";
        /// An entry of a section has not the shape that it has to have.
        INVALID_ENTRY = "invalid-entry";
        /// A logical id has other characters than letters and digits, or too many.
        INVALID_LOGICAL_ID = "invalid-logical-id";
        /// A `Fn::ForEach` has not the shape of a loop.
        INVALID_LOOP = "invalid-loop";
        /// A manifest of an assembly has not the shape that it has to have.
        INVALID_MANIFEST = "invalid-manifest";
        /// The `Properties` of a resource are no mapping.
        INVALID_PROPERTIES = "invalid-properties";
        /// A resource is no mapping.
        INVALID_RESOURCE = "invalid-resource";
        /// A section of a template has not the shape that it has to have.
        INVALID_SECTION = "invalid-section";
        /// A `Type` is no name of a type.
        INVALID_TYPE = "invalid-type";
        /// A loop makes more than is looked at.
        LOOP_TOO_LARGE = "loop-too-large";
        /// A template has more resources than CloudFormation takes.
        MANY_RESOURCES = "many-resources";
        /// A file that an assembly names is not in it.
        MISSING_FILE = "missing-file";
        /// An assembly has no manifest.
        MISSING_MANIFEST = "missing-manifest";
        /// A template has loops and lacks the transform that they need.
        MISSING_TRANSFORM = "missing-transform";
        /// A resource or parameter has no `Type`.
        MISSING_TYPE = "missing-type";
        /// A template has no resources.
        NO_RESOURCES = "no-resources";
        /// An assembly has no stacks.
        NO_STACKS = "no-stacks";
        /// The manifest of an assembly is none.
        NOT_A_MANIFEST = "not-a-manifest";
        /// A file is no template.
        NOT_A_TEMPLATE = "not-a-template";
        /// A path leads out of the assembly.
        OUTSIDE_PATH = "outside-path";
        /// A nested stack contains itself.
        RECURSIVE_STACK = "recursive-stack";
        /// A SAM template has local folders, whose bucket is not known.
        SAM_PACKAGE = "sam-package";
        /// A part of a SAM resource is not worked out, so what it is made into is not in the policy.
        SAM_UNEXPANDED = "sam-unexpanded";
        /// The functions of a template give more text than is looked at.
        TOO_LARGE = "too-large";
        /// A template has more resources than are read.
        TOO_MANY_RESOURCES = "too-many-resources";
        /// An assembly has more nested stacks than are looked at.
        TOO_MANY_STACKS = "too-many-stacks";
        /// What a template is made into is known only after CloudFormation has expanded it.
        UNEXPANDED = "unexpanded";
        /// A resource has an attribute that resources do not have.
        UNKNOWN_ATTRIBUTE = "unknown-attribute";
        /// A condition is named and not declared.
        UNKNOWN_CONDITION = "unknown-condition";
        /// An intrinsic function is none.
        UNKNOWN_FUNCTION = "unknown-function";
        /// A mapping is named and not declared.
        UNKNOWN_MAPPING = "unknown-mapping";
        /// A value is given for a parameter that the template does not have.
        UNKNOWN_PARAMETER = "unknown-parameter";
        /// A reference names nothing in the template.
        UNKNOWN_REFERENCE = "unknown-reference";
        /// A template has a section that templates do not have.
        UNKNOWN_SECTION = "unknown-section";
        /// A YAML tag is no short form of a function.
        UNKNOWN_TAG = "unknown-tag";
    }
}

codes! {
    /// What could not be worked out.
    pub GAPS {
        /// `AWS::Include` brings in a file whose needs are not known.
        INCLUDE = "include";
        /// A macro of the account changes the template in ways that are not known.
        MACRO = "macro";
        /// A module stands for resources that are not in the template.
        MODULE_TYPE = "module-type";
        /// The template of a nested stack is not among the files.
        NESTED_TEMPLATE = "nested-template";
        /// A text of the input that has to be an ARN is none, so nothing is allowed on it.
        NO_ARN = "no-arn";
        /// The registry publishes no permissions for a type.
        NO_PERMISSIONS = "no-permissions";
        /// What a loop runs over is not known, so neither is what it makes.
        OPEN_LOOP = "open-loop";
        /// A name follows from itself or from too many others, so permissions are given for all of its kind.
        OUT_OF_REACH = "out-of-reach";
        /// A type is made into other resources by the SAM transform and was not.
        SAM_TYPE = "sam-type";
        /// The service role has no name, so the caller may pass none.
        SERVICE_ROLE = "service-role";
        /// A role is passed, and no property is known to name it.
        UNKNOWN_ROLE = "unknown-role";
        /// A type is in no registry.
        UNKNOWN_TYPE = "unknown-type";
        /// A property names something that none of the resource's actions acts on.
        UNMATCHED_REFERENCE = "unmatched-reference";
        /// A value that bounds permissions is not known before the deployment, so they are wider than they had to be.
        UNRESOLVED_VALUE = "unresolved-value";
        /// A value that should name a resource names none, so the action is not given for it.
        UNUSABLE_VALUE = "unusable-value";
        /// The registry asks for every action of a service, which is not given.
        WHOLE_SERVICE = "whole-service";
    }
}

codes! {
    /// What to know about a service role, and why permissions are not bounded more closely.
    pub FINDINGS {
        /// Nothing tells which resources of the type are meant, so all are.
        ANY_OF_TYPE = "any-of-type";
        /// A service role can change itself.
        CHANGES_ITSELF = "changes-itself";
        /// A service role makes roles and decides what they may do.
        CREATES_ROLES = "creates-roles";
        /// A service role makes users or gives them permissions.
        CREATES_USERS = "creates-users";
        /// Custom resources are invoked with the service role.
        CUSTOM_RESOURCES = "custom-resources";
        /// The deploy role of the CDK's bootstrap stack may not pass the service role.
        DEPLOY_ROLE = "deploy-role";
        /// A service role gives groups permissions or members.
        EDITS_GROUPS = "edits-groups";
        /// A service role changes managed policies.
        EDITS_POLICIES = "edits-policies";
        /// A service role changes who may assume roles.
        EDITS_TRUST = "edits-trust";
        /// A service role takes boundaries away.
        FREES_OF_BOUNDARIES = "frees-of-boundaries";
        /// The service makes the identifier, so all resources of the type are meant.
        GENERATED_ID = "generated-id";
        /// A service role makes keys or passwords of users.
        MAKES_CREDENTIALS = "makes-credentials";
        /// Nested stacks are deployed with the service role.
        NESTED_STACKS = "nested-stacks";
        /// IAM takes no resource for the action.
        NO_RESOURCE_LEVEL = "no-resource-level";
        /// A service role runs code and passes roles to it.
        RUNS_CODE_WITH_ROLES = "runs-code-with-roles";
        /// A stack keeps its service role, for everybody who may change the stack.
        STAYS_ATTACHED = "stays-attached";
        /// A service role decides which identity providers the account trusts.
        TRUSTS_PROVIDERS = "trusts-providers";
        /// A name is generated in a way that is not known.
        UNKNOWN_ALGORITHM = "unknown-algorithm";
        /// The name of the stack is not given, so names that begin with it are not known.
        UNKNOWN_STACK_NAME = "unknown-stack-name";
        /// A name is not known before the deployment.
        UNKNOWN_VALUE = "unknown-value";
    }
}

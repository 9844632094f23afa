"""
Variables and files that nothing in an estate's tree may read (S6): they belong to the machine, not to the estate.

The author of a manifest may send what it reads to any webhook. So a manifest never names the platform's token, the
store, or what a pipeline, a cloud or a shell keeps in its environment. The list is by prefix, as vendors add variables;
each family names the page that defines it.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Family:
    """Variables that belong to one owner: every name that begins with a prefix, and single names."""

    owner: str
    source: str
    prefixes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


FAMILIES = (
    Family("reconciler", "https://api.stacuity.com/", ("STACUITY_", "RECONCILER_")),
    Family("PostgreSQL", "https://www.postgresql.org/docs/current/libpq-envars.html", ("PG",)),
    Family(
        "GitHub Actions",
        "https://docs.github.com/en/actions/reference/variables-reference",
        ("GITHUB_", "ACTIONS_", "RUNNER_", "INPUT_", "GH_", "GHCR_"),
        ("CI",),
    ),
    Family("GitLab CI", "https://docs.gitlab.com/ci/variables/predefined_variables/", ("CI_", "GITLAB_", "GL_", "FF_")),
    Family(
        "Jenkins",
        "https://www.jenkins.io/doc/book/pipeline/jenkinsfile/#using-environment-variables",
        ("JENKINS_", "HUDSON_", "BUILD_"),
        ("JOB_NAME", "JOB_URL", "JOB_BASE_NAME", "NODE_NAME", "NODE_LABELS", "EXECUTOR_NUMBER", "WORKSPACE"),
    ),
    Family("CircleCI", "https://circleci.com/docs/variables/", ("CIRCLE_", "CIRCLECI")),
    Family("Buildkite", "https://buildkite.com/docs/pipelines/environment-variables", ("BUILDKITE",)),
    Family(
        "Azure Pipelines",
        "https://learn.microsoft.com/azure/devops/pipelines/build/variables",
        (
            "SYSTEM_",
            "AGENT_",
            "AZP_",
            "VSTS_",
            "VSS_",
            "ENDPOINT_AUTH",
            "ENDPOINT_DATA_",
            "ENDPOINT_URL_",
            "SECUREFILE_",
        ),
        ("TF_BUILD",),
    ),
    Family(
        "Bitbucket Pipelines",
        "https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/",
        ("BITBUCKET_",),
    ),
    Family("Travis CI", "https://docs.travis-ci.com/user/environment-variables/", ("TRAVIS",)),
    Family("TeamCity", "https://www.jetbrains.com/help/teamcity/predefined-build-parameters.html", ("TEAMCITY_",)),
    Family("Drone", "https://docs.drone.io/pipeline/environment/reference/", ("DRONE", "PLUGIN_")),
    Family("Woodpecker", "https://woodpecker-ci.org/docs/usage/environment", ("WOODPECKER_",)),
    Family("AppVeyor", "https://www.appveyor.com/docs/environment-variables/", ("APPVEYOR",)),
    Family("Semaphore", "https://docs.semaphoreci.com/reference/env-vars", ("SEMAPHORE",)),
    Family("Cirrus CI", "https://cirrus-ci.org/guide/writing-tasks/#environment-variables", ("CIRRUS_",)),
    Family("Netlify", "https://docs.netlify.com/build/configure-builds/environment-variables/", ("NETLIFY_",)),
    Family("Vercel", "https://vercel.com/docs/environment-variables/system-environment-variables", ("VERCEL_",)),
    Family("Gitea Actions", "https://docs.gitea.com/usage/actions/act-runner", ("GITEA_",)),
    Family("Forgejo Actions", "https://forgejo.org/docs/latest/user/actions/", ("FORGEJO_",)),
    Family("Bitrise", "https://devcenter.bitrise.io/en/references/available-environment-variables.html", ("BITRISE_",)),
    Family("Argo CD", "https://argo-cd.readthedocs.io/en/stable/user-guide/build-environment/", ("ARGOCD_",)),
    Family(
        "Terraform",
        "https://developer.hashicorp.com/terraform/cli/config/environment-variables",
        ("TF_", "TFE_", "TFC_", "SPACELIFT_", "ATLANTIS_", "PULUMI_"),
    ),
    Family(
        "Amazon Web Services",
        "https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html",
        ("AWS_", "ECS_", "CODEBUILD_"),
    ),
    Family(
        "Google Cloud",
        "https://cloud.google.com/docs/authentication/application-default-credentials",
        ("GOOGLE_", "GCLOUD_", "GCP_", "GCE_", "CLOUDSDK_", "FIREBASE_"),
    ),
    Family(
        "Microsoft Azure",
        "https://learn.microsoft.com/azure/developer/intro/azure-developer-global-settings",
        ("AZURE_", "ARM_", "MSI_", "IDENTITY_"),
    ),
    Family(
        "DigitalOcean",
        "https://docs.digitalocean.com/reference/doctl/",
        ("DIGITALOCEAN_", "SPACES_"),
        ("DO_PAT", "DO_TOKEN", "DO_API_KEY", "DO_API_TOKEN"),
    ),
    Family("Hetzner", "https://github.com/hetznercloud/cli", ("HCLOUD_", "HETZNER_", "HROBOT_")),
    Family(
        "Cloudflare",
        "https://developers.cloudflare.com/workers/wrangler/system-environment-variables/",
        ("CLOUDFLARE_", "CF_"),
    ),
    Family("OpenStack", "https://docs.openstack.org/python-openstackclient/latest/cli/man/openstack.html", ("OS_",)),
    Family("Oracle Cloud", "https://docs.oracle.com/iaas/Content/API/SDKDocs/clienvironmentvariables.htm", ("OCI_",)),
    Family("IBM Cloud", "https://cloud.ibm.com/docs/cli", ("IBMCLOUD_", "IBM_", "IC_", "BLUEMIX_")),
    Family(
        "Alibaba Cloud",
        "https://www.alibabacloud.com/help/en/sdk/",
        ("ALIBABA_", "ALIBABACLOUD_", "ALICLOUD_", "ALIYUN_"),
    ),
    Family(
        "other clouds",
        "https://www.scaleway.com/en/docs/scaleway-cli/reference-content/scaleway-configuration-file/",
        ("LINODE_", "VULTR_", "SCW_", "OVH_", "EXOSCALE_", "YC_", "TENCENTCLOUD_", "UPCLOUD_", "FLY_", "HEROKU_"),
    ),
    Family(
        "keepers of secrets",
        "https://developer.hashicorp.com/vault/docs/commands#environment-variables",
        (
            "VAULT_",
            "BAO_",
            "CONSUL_",
            "NOMAD_",
            "OP_",
            "BWS_",
            "DOPPLER_",
            "INFISICAL_",
            "AKEYLESS_",
            "CONJUR_",
            "SOPS_",
        ),
    ),
    Family("Sigstore", "https://docs.sigstore.dev/cosign/", ("COSIGN_", "SIGSTORE_")),
    Family(
        "Snyk",
        "https://docs.snyk.io/developer-tools/snyk-cli/configure-the-snyk-cli/environment-variables-for-snyk-cli",
        ("SNYK_",),
    ),
    Family("Sentry", "https://docs.sentry.io/cli/configuration/", ("SENTRY_",)),
    Family("systemd", "https://systemd.io/CREDENTIALS/", (), ("CREDENTIALS_DIRECTORY",)),
    Family(
        "Kubernetes",
        "https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/",
        ("KUBE", "HELM_"),
    ),
    Family(
        "package registries",
        "https://docs.npmjs.com/using-private-packages-in-a-ci-cd-workflow",
        ("NPM_", "YARN_", "PYPI_", "TWINE_", "UV_", "PIP_", "POETRY_", "CARGO_", "DOCKER_", "NUGET_", "ARTIFACTORY_"),
        ("NODE_AUTH_TOKEN", "REGISTRY_AUTH_FILE", "GEM_HOST_API_KEY", "COMPOSER_AUTH", "CODECOV_TOKEN", "SONAR_TOKEN"),
    ),
    Family(
        "SSH, GPG and Git",
        "https://man.openbsd.org/ssh.1#ENVIRONMENT",
        ("SSH_", "GPG_", "GIT_", "SUDO_"),
        ("GNUPGHOME", "NETRC", "KRB5CCNAME"),
    ),
    Family(
        "the machine",
        "https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap08.html",
        ("LC_", "LD_", "DYLD_", "XDG_", "DBUS_", "BASH_", "PYTHON", "CONDA_", "PROCESSOR_", "PROGRAM", "COMMONPROGRAM"),
        (
            *("HOME", "PATH", "USER", "USERNAME", "LOGNAME", "PWD", "OLDPWD", "SHELL", "SHLVL", "HOSTNAME", "HOST"),
            *("TMP", "TEMP", "TMPDIR", "LANG", "LANGUAGE", "TERM", "TZ", "MAIL", "EDITOR", "VISUAL", "PAGER", "ENV"),
            *("DISPLAY", "IFS", "_", "VIRTUAL_ENV", "APPDATA", "LOCALAPPDATA", "USERPROFILE", "USERDOMAIN", "COMSPEC"),
            *("COMPUTERNAME", "PATHEXT", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "HOMEDRIVE", "HOMEPATH", "PUBLIC"),
            *(
                "ALLUSERSPROFILE",
                "LOGONSERVER",
                "OS",
                "HTTP_PROXY",
                "HTTPS_PROXY",
                "ALL_PROXY",
                "FTP_PROXY",
                "NO_PROXY",
            ),
            *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
        ),
    ),
)


def owner_of(variable: str) -> str | None:
    """Whose variable this is, so that no manifest may read it; None for all others. Case is ignored."""
    name = variable.upper()
    return next(
        (family.owner for family in FAMILIES if name in family.names or name.startswith(family.prefixes)),
        None,
    )


def is_hidden(names: Sequence[str]) -> bool:
    """
    Whether a path, given by its names below the estate's root, is or lies below something that begins with a dot.

    Folders whose name begins with two dots do not count: Kubernetes mounts a volume's files below ``..data``. Names
    that only look as if they began with a dot count, since some file systems take them for those that do.
    """
    *folders, file = [_plain(name) for name in names if name not in {"", "."}] or [""]
    return file.startswith(".") or any(name.startswith(".") and not name.startswith("..") for name in folders)


def _plain(name: str) -> str:
    """A name as the file systems read it that fold letters and ignore those that nobody sees."""
    if name.isascii():
        return name
    return "".join(sign for sign in unicodedata.normalize("NFKC", name) if unicodedata.category(sign) != "Cf")

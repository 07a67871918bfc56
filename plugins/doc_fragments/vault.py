# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  vault:
    description:
      - How HashiCorp Vault or OpenBao is reached, for references to secrets of its KV engines.
      - The module signs in once, reads each secret once, and revokes its token at the end, if it is not one that was
        given to it. Nothing is asked where nothing that is declared needs a secret.
      - "A reference is a dict in place of a secret, C({vault: path, key: name}). The path is given without the mount, and
        without C(data/). The key may be left out where the secret has exactly one. C(mount) is that of the KV engine, if
        it is not O(vault.mount); C(version) is a version of the secret, if it is not the newest."
      - All references that cannot be resolved are told at once, and nothing is written then. In check mode Vault is read
        too.
      - The values never become variables of Ansible. Never shown.
      - Everything is read and checked where the module runs, environment variables and files too.
    type: dict
    suboptions:
      url:
        description:
          - The address of the server, for example V(https://vault.example.com:8200).
          - If not given, the environment variable E(VAULT_ADDR) is used.
        type: str
      namespace:
        description:
          - The namespace that everything is in.
          - If not given, the environment variable E(VAULT_NAMESPACE) is used.
        type: str
      mount:
        description:
          - Where the KV engine is mounted, for references that do not say so themselves.
        type: str
        default: secret
      kv_version:
        description:
          - The version of the KV engine. V(auto) finds it out for each mount, which costs a request or two more where
            it is version 1.
        type: str
        choices: [auto, "1", "2"]
        default: auto
      auth_method:
        description:
          - How to sign in.
          - If not given, it is V(token) if O(vault.token) is given, else V(approle) if O(vault.role_id) is given. If
            neither is, what the environment holds decides in the same order.
        type: str
        choices: [token, approle, userpass, ldap, jwt, kubernetes, cert]
      auth_mount:
        description:
          - Where the way to sign in is mounted. By default it is called as O(vault.auth_method) is.
        type: str
      token:
        description:
          - The token of O(vault.auth_method=token). It is not revoked.
          - If not given, the environment variable E(VAULT_TOKEN) is used, or else O(vault.token_file).
        type: str
      token_file:
        description:
          - A file with the token.
        type: path
        default: ~/.vault-token
      role_id:
        description:
          - The role of O(vault.auth_method=approle).
          - If not given, the environment variable E(VAULT_ROLE_ID) is used.
        type: str
      secret_id:
        description:
          - The secret of O(vault.role_id), if that needs one.
          - If not given, the environment variable E(VAULT_SECRET_ID) is used.
        type: str
      username:
        description:
          - The user of O(vault.auth_method=userpass) or O(vault.auth_method=ldap).
        type: str
      password:
        description:
          - The password of O(vault.username).
        type: str
      role:
        description:
          - The role of O(vault.auth_method=jwt) or O(vault.auth_method=kubernetes), or the name of one certificate of
            O(vault.auth_method=cert).
        type: str
      jwt:
        description:
          - The JSON Web Token of O(vault.auth_method=jwt) or O(vault.auth_method=kubernetes).
        type: str
      jwt_file:
        description:
          - A file with the JSON Web Token.
          - For O(vault.auth_method=kubernetes) it is by default the one that a pod has of its service account,
            C(/var/run/secrets/kubernetes.io/serviceaccount/token).
        type: path
      client_cert:
        description:
          - The client certificate (PEM) of O(vault.auth_method=cert), with its key if O(vault.client_key) is not given.
        type: path
      client_key:
        description:
          - The key of O(vault.client_cert) (PEM).
        type: path
      ca_path:
        description:
          - A file of CA certificates (PEM) to check the server's certificate against.
          - If not given, the environment variable E(VAULT_CACERT) is used.
        type: path
      validate_certs:
        description:
          - Whether the server's TLS certificate is checked.
        type: bool
        default: true
      timeout:
        description:
          - How long one request may take, in seconds.
        type: int
        default: 30
      retries:
        description:
          - How often a request is repeated after a connection error or an answer of 412, 429, 500, 502 or 503, each
            time after a longer pause, or the one that the server asks for (at most 60 seconds).
        type: int
        default: 3
requirements:
  - hvac >= 2.0, if anything refers to Vault
"""

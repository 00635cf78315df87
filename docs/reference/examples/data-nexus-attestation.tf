terraform {
  required_providers {
    nexus = { source = "factory.nexus.internal/nexus/nexus" }
  }
}

check "n-0" {
  data "nexus_attestation" "n-0" {
    node = "n-0"
  }
  assert {
    condition     = data.nexus_attestation.n-0.ok
    error_message = "Node n-0: ${data.nexus_attestation.n-0.detail}"
  }
}

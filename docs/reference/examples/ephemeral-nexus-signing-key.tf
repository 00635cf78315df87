terraform {
  required_providers {
    nexus = { source = "factory.nexus.internal/nexus/nexus" }
  }
}

ephemeral "nexus_signing_key" "once" {
  name = "release.example"
}

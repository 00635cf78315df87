terraform {
  required_providers {
    nexus = { source = "factory.nexus.internal/nexus/nexus" }
  }
}

provider "nexus" {
  state_dir = ".nexus"
}

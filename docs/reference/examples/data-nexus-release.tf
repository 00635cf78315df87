terraform {
  required_providers {
    nexus = { source = "factory.nexus.internal/nexus/nexus" }
  }
}

data "nexus_release" "newest" {
  name = "swarm"
}

output "image" {
  value = data.nexus_release.newest.images["n"]
}

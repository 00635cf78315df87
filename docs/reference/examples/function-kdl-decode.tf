terraform {
  required_providers {
    nexus = { source = "factory.nexus.internal/nexus/nexus" }
  }
}

locals {
  mesh = provider::nexus::kdl_decode(file("mesh-alpha.kdl"))[0]
}

output "members" {
  value = [for node in local.mesh.children : node.arguments[0] if node.name == "member"]
}

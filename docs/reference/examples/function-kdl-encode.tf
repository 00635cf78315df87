terraform {
  required_providers {
    nexus = { source = "factory.nexus.internal/nexus/nexus" }
  }
}

output "mesh" {
  value = provider::nexus::kdl_encode([{
    name       = "mesh"
    arguments  = ["alpha"]
    properties = { version = 1 }
    children   = [{ name = "member", arguments = ["hello"] }]
  }])
}

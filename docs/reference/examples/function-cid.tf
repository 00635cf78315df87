terraform {
  required_providers {
    nexus = { source = "factory.nexus.internal/nexus/nexus" }
  }
}

output "kdl" {
  value = provider::nexus::cid(file("system-n.kdl"))
}

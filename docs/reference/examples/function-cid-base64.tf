terraform {
  required_providers {
    nexus = { source = "factory.nexus.internal/nexus/nexus" }
  }
}

output "image" {
  value = provider::nexus::cid_base64(filebase64("n.img"))
}

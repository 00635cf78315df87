terraform {
  required_providers {
    nexus = { source = "factory.nexus.internal/nexus/nexus" }
  }
}

variable "release" {
  description = "CID of the release to run; an older one rolls the node back."
  type        = string
}

variable "public_keys" {
  description = "public_keys of the nexus_mesh"
  type        = map(string)
}

resource "nexus_deployment" "n-0" {
  node    = "n-0"
  release = var.release
  mesh    = "alpha"
  peers   = var.public_keys
  host    = { name = "local", memory_mib = 16 }
}

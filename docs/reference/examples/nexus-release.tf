terraform {
  required_providers {
    nexus = { source = "factory.nexus.internal/nexus/nexus" }
  }
}

variable "image_cid" {
  type = string
}

resource "nexus_release" "swarm" {
  name    = "swarm"
  systems = { n = file("system-n.kdl") }
  images  = { n = var.image_cid }
  meshes  = { alpha = file("mesh-alpha.kdl") }
  placement = {
    "n-0" = { host = "local", image = "n", mesh = "alpha" }
  }
}

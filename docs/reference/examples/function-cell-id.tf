terraform {
  required_providers {
    nexus = { source = "factory.nexus.internal/nexus/nexus" }
  }
}

variable "public_key" {
  type = string
}

variable "mesh_key" {
  type      = string
  sensitive = true
}

output "cell_id" {
  value = nonsensitive(provider::nexus::cell_id(var.public_key, var.mesh_key))
}

terraform {
  required_providers {
    nexus = { source = "factory.nexus.internal/nexus/nexus" }
  }
}

resource "nexus_cell" "hello" {
  name    = "hello"
  source  = "cells/hello"
  pledges = ["stdio", "clock", "mesh"]
}

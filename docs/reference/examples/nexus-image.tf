terraform {
  required_providers {
    nexus = { source = "factory.nexus.internal/nexus/nexus" }
  }
}

variable "hello_cid" {
  type = string
}

resource "nexus_image" "n" {
  name   = "n"
  system = <<-KDL
    system "n" version=1 {
        profile "tinybox"
        cell "hello" {
            source "cells/hello"
            pledge "stdio" "clock"
        }
    }
  KDL
  cells  = { hello = var.hello_cid }
}

"""The spiders, as ``scrapy list`` finds them."""

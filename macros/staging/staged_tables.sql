{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro staged_tables() -%}
    {%- set own = {
        'bibitor': [
            ('products', none),
            ('opening_counts', 'count_date'),
            ('closing_counts', 'count_date'),
            ('sales', 'sale_date'),
            ('purchase_order_lines', 'ordered_date'),
            ('invoices', 'invoice_date'),
        ],
        'generic': [
            ('products', none),
            ('locations', none),
            ('vendors', none),
            ('stock_counts', 'count_date'),
            ('sales', 'sale_date'),
            ('purchase_order_lines', 'ordered_date'),
            ('invoices', 'invoice_date'),
        ],
        'shared': [
            ('availability', 'period_date'),
            ('promotions', none),
            ('price_breaks', none),
            ('signals', none),
            ('overrides', 'override_date'),
        ],
    } -%}
    {%- set tables = [] -%}
    {%- for source_name in [setting('source_system'), 'shared'] -%}
        {%- for entity, date_column in own[source_name] -%}
            {%- do tables.append({
                'source_name': source_name,
                'entity': entity,
                'model': 'stg_' ~ source_name ~ '__' ~ entity,
                'date_column': date_column,
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(tables) -}}
{%- endmacro %}

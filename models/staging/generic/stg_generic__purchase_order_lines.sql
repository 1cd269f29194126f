{{ config(materialized='table') }}

with

lines as (

    {{ raw_lines('generic', 'purchase_order_lines') }}

)

select * from lines
